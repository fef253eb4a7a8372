package gitlabcitest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gitlabci/gitlabci/internal/codec"
)

const (
	defaultPerPage = 20
	maxPerPage     = 100
	maxCounted     = 10_000 // above it GitLab sends no totals
)

// list answers with a page of items in the offset style.
func list[T, E any](c *call, items []T, show func(T) E) error {
	return offsetList(c, items, show, len(items) <= maxCounted)
}

// uncountedList is [list] without totals, for endpoints where GitLab does not count.
func uncountedList[T, E any](c *call, items []T, show func(T) E) error {
	return offsetList(c, items, show, false)
}

func offsetList[T, E any](c *call, items []T, show func(T) E, counted bool) error {
	page, perPage := max(int(c.integer("page")), 1), c.perPage()
	start := min(min(page-1, len(items))*perPage, len(items)) // however large the number is
	end := min(start+perPage, len(items))
	last := max((len(items)+perPage-1)/perPage, 1)

	header := c.answer.header
	header.Set("X-Per-Page", strconv.Itoa(perPage))
	header.Set("X-Page", strconv.Itoa(page))
	header.Set("X-Prev-Page", "")
	header.Set("X-Next-Page", "")

	var links []string
	link := func(rel string, page int) {
		links = append(links, c.link(rel, "page", strconv.Itoa(page), "per_page", strconv.Itoa(perPage)))
	}
	if page > 1 {
		header.Set("X-Prev-Page", strconv.Itoa(page-1))
		link("prev", page-1)
	}
	if end < len(items) {
		header.Set("X-Next-Page", strconv.Itoa(page+1))
		link("next", page+1)
	}
	link("first", 1)
	if counted {
		header.Set("X-Total", strconv.Itoa(len(items)))
		header.Set("X-Total-Pages", strconv.Itoa(last))
		link("last", last)
	}
	header.Set("Link", strings.Join(links, ", "))
	return c.json(http.StatusOK, shown(items[start:end], show))
}

// wholeList answers with all items, for endpoints that do not page.
func wholeList[T, E any](c *call, items []T, show func(T) E) error {
	return c.json(http.StatusOK, shown(items, show))
}

// keysetOrdered refuses an order that keyset paging cannot do: it knows jobs by descending ids alone.
func (c *call) keysetOrdered() error {
	order := c.text("order_by")
	if order != "" && order != "id" || c.text("sort") == "asc" {
		return paramError(http.StatusMethodNotAllowed, "Keyset pagination is not yet available for this type of request")
	}
	return nil
}

// keysetList answers with a page of items that follow a cursor. Items come ordered by id, descending. What visible refuses is left out of a
// page after it was cut, as GitLab does, so that a page may be short and still have a next one.
func keysetList[T, E any](c *call, items []T, id func(T) int64, visible func(T) bool, show func(T) E) error {
	if c.text("cursor") != "" {
		last, ok := parseCursor(c.text("cursor"))
		if !ok {
			return paramError(http.StatusBadRequest, "cursor is invalid")
		}
		start := slices.IndexFunc(items, func(item T) bool { return id(item) < last })
		if start < 0 {
			start = len(items)
		}
		items = items[start:]
	}
	if perPage := c.perPage(); len(items) > perPage {
		items = items[:perPage]
		c.answer.header.Set("Link", c.link("next", "cursor", cursor(id(items[perPage-1]))))
	}
	items = slices.DeleteFunc(slices.Clone(items), func(item T) bool { return !visible(item) })
	return c.json(http.StatusOK, shown(items, show))
}

func shown[T, E any](items []T, show func(T) E) []E {
	entities := make([]E, 0, len(items))
	for _, item := range items {
		entities = append(entities, show(item))
	}
	return entities
}

// perPage is the page size asked for. Larger ones than the maximum are cut, not refused.
func (c *call) perPage() int {
	perPage := int(c.integer("per_page"))
	if perPage < 1 {
		return defaultPerPage
	}
	return min(perPage, maxPerPage)
}

// link is one element of a Link header: the request's URL under the instance's own host, with all its parameters sorted by name,
// those of the path included, and the given ones replaced.
func (c *call) link(rel string, replaced ...string) string {
	query := make(url.Values)
	flatten(query, "", c.sent)
	for pair := range slices.Chunk(replaced, 2) {
		query.Set(pair[0], pair[1])
	}
	for _, secret := range []string{"private_token", "access_token", "job_token"} {
		query.Del(secret)
	}
	path, _ := c.apiPath(c.request.URL)
	return fmt.Sprintf(`<%s/api/v4%s?%s>; rel="%s"`, c.base(), path, query.Encode(), rel)
}

// flatten writes nested parameters back into the form a[b] and a[].
func flatten(query url.Values, prefix string, values map[string]any) {
	for name, value := range values {
		if prefix != "" {
			name = prefix + "[" + name + "]"
		}
		switch value := value.(type) {
		case map[string]any:
			flatten(query, name, value)
		case []any:
			for _, element := range value {
				query.Add(name+"[]", fmt.Sprint(element))
			}
		default:
			query.Set(name, fmt.Sprint(value))
		}
	}
}

type cursorBody struct {
	ID        string `json:"id"`
	Direction string `json:"_kd"`
}

func cursor(id int64) string {
	body, err := codec.Marshal(cursorBody{ID: strconv.FormatInt(id, 10), Direction: "n"})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return base64.URLEncoding.EncodeToString(body)
}

func parseCursor(text string) (int64, bool) {
	body, err := base64.URLEncoding.DecodeString(text)
	if err != nil {
		return 0, false
	}
	var c cursorBody
	if err := codec.Unmarshal(body, &c); err != nil {
		return 0, false
	}
	id, err := strconv.ParseInt(c.ID, 10, 64)
	return id, err == nil
}
