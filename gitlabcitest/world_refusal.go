package gitlabcitest

import "fmt"

// refusal is why the world does not do something. What status that has over HTTP is no concern of it.
type refusal struct {
	kind   refusalKind
	text   string
	fields map[string][]string // what is wrong with a record, by field
}

// refusalKind is what stands against something.
type refusalKind int

const (
	refusedRecord    refusalKind = iota + 1 // a record is not valid
	refusedState                            // things are not such that it could be done
	refusedAbsent                           // the text names what is not there
	refusedAmbiguous                        // there is more than one
	refusedSize                             // it is too large
)

func (r *refusal) Error() string {
	if r.kind == refusedRecord {
		return fmt.Sprint("invalid: ", r.fields)
	}
	return r.text
}

// invalid refuses a record for one of its fields.
func invalid(field string, texts ...string) error {
	return invalidRecord(map[string][]string{field: texts})
}

// invalidRecord is [invalid] for several fields.
func invalidRecord(fields map[string][]string) error {
	return &refusal{kind: refusedRecord, fields: fields}
}

// refuse refuses what cannot be done as things are.
func refuse(reason string) error {
	return &refusal{kind: refusedState, text: reason}
}

// absent refuses what needs something that is not there.
func absent(what string) error {
	return &refusal{kind: refusedAbsent, text: what}
}
