package gitlabci

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

// Whatever GitLab answers with has members that GitLab never leaves out: the id of a job, the key of a variable. The type of the answer
// says which they are. An answer without them is something else, as {"error": "invalid_token"}, and not a job of which nothing is known.

// identified is a pointer to what GitLab sends: an object, or an item of a list.
type identified[T any] interface {
	*T
	identifiable
}

type identifiable interface{ identity() identity }

// An identity is what something is known by.
type identity struct {
	key     itemKey // zero if the members did not come, or hold nothing
	members string  // their names, separated by spaces, of which one is enough
	empty   bool    // there is no key: the members may well be zero, and all that counts is that they came
}

// itemKey tells the items of a list apart.
type itemKey struct {
	id   int64
	name string
}

func byID(id int64) identity { return byIDIn("id", id) }

// byIDIn is the identity of what has an id in this member.
func byIDIn(member string, id int64) identity {
	return identity{key: itemKey{id: id}, members: member}
}

// byText is the identity of what has a text in this member.
func byText(member, text string) identity {
	return identity{key: itemKey{name: text}, members: member}
}

// byMembers is the identity of what there is but one of, and which may be all zero, as a report of no tests.
func byMembers(names string) identity { return identity{members: names, empty: true} }

// check says what an object lacks to be what it was decoded as. What it has instead is told by name only: the values may be secrets.
func (i identity) check(body []byte) error {
	if i.key != (itemKey{}) || i.empty && i.cameIn(body) {
		return nil
	}
	text := "it has no " + strings.ReplaceAll(i.members, " ", " or ")
	names := shownMembers(body)
	if names != "" {
		text += ", but " + names
	}
	return errors.New(text)
}

// cameIn reports whether an object has one of the members.
func (i identity) cameIn(body []byte) bool {
	for name := range codec.Members(body) {
		for member := range strings.FieldsSeq(i.members) {
			if name == member {
				return true
			}
		}
	}
	return false
}

// shownMembers names the first members of an object.
func shownMembers(body []byte) string {
	const most, longest = 5, 40
	var names []string
	for name := range codec.Members(body) {
		if len(names) == most {
			names = append(names, "...")
			break
		}
		names = append(names, oneLine(name[:min(len(name), longest)]))
	}
	return strings.Join(names, ", ")
}

// decodeObject decodes an object into what value points to.
func decodeObject(body []byte, value identifiable) error {
	if err := codec.UnmarshalObject(body, value); err != nil {
		return err
	}
	return value.identity().check(body)
}

// decodeItems decodes an array. Beside an error stand the items before the one that is at fault.
func decodeItems[T any, P identified[T]](body []byte) ([]T, error) {
	items, err := codec.UnmarshalArray[T](body)
	for i := range items {
		if err := P(&items[i]).identity().check(nil); err != nil {
			return items[:i], fmt.Errorf("element %d: %w", i, err)
		}
	}
	return items, err
}
