package transport

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// options are the secrets among the options of a call.
type options []string

func (o options) Secrets() []string { return o }

func cleanerOf(secrets ...string) Cleaner { return (&Call{Options: options(secrets)}).Cleaner() }

func TestSecretsOfACall(t *testing.T) {
	call := &Call{Options: options{"token-and-more", "staging", "schlüssel-ä", "密码密码密码"}}
	call.keep("Private-Token", []string{"token", "a", ""})
	call.keep("Authorization", []string{"Bearer bearer", "Basic YmFzaWM=", "token lower-case", "no-scheme"})
	call.keep("Cookie", []string{"session=cookie-one; other=cookie-two", "no cookie"})
	clean := call.Cleaner()
	for text, want := range map[string]string{
		"":                           "",
		"no secret, only a letter":   "no secret, only a letter",
		"token token-and-more":       "[redacted] [redacted]",
		"token-and-more and less":    "[redacted] and less",
		"Authorization: bearer":      "Authorization: [redacted]",
		"Basic YmFzaWM=!":            "Basic [redacted]!",
		"lower-case no-scheme":       "[redacted] [redacted]",
		"cookie-one, cookie-two":     "[redacted], [redacted]",
		"no cookie":                  "[redacted]",
		"not on staging":             "not on staging",
		"ein schlüssel-ä":            "ein [redacted]",
		"it is 密码密码密码":               "it is [redacted]",
		"it is 密码":                   "it is 密码",
		"tok":                        "tok",
		`"token-an" was cut`:         `"[redacted]" was cut`,
		`"token-a" is another`:       `"[redacted]-a" is another`,
		"glpat-of_Somebody0123456":   "[redacted]",
		"glpat-short and glad-to-go": "glpat-short and glad-to-go",
	} {
		require.Equal(t, want, clean.Line(text))
	}
	require.Equal(t, "token", new(Call).Cleaner().Line("token"))
}

func TestFormsOfASecret(t *testing.T) {
	const hush = `glpat-hush0123/"\&<+='.x`
	marshal := func(escape func(r rune) string) string {
		var b strings.Builder
		for _, r := range hush {
			b.WriteString(escape(r))
		}
		return b.String()
	}
	hex := func(format string) string {
		return marshal(func(r rune) string {
			return strings.Replace(format, "?", string("0123456789abcdef"[r>>4])+string("0123456789ABCDEF"[r&15]), 1)
		})
	}
	for name, form := range map[string]string{
		"itself": hush, "JSON": `glpat-hush0123\/\"\\\u0026\u003c+='.x`, "JSON in full": hex(`\u00?`), "a URL": url.QueryEscape(hush), "a URL in full": hex("%?"),
		"HTML": `glpat-hush0123/&quot;\&amp;&lt;+=&#39;.x`, "HTML in full": hex("&#x?;"), "Go": `glpat-hush0123/\"\\&<+='.x`, "Go in full": hex(`\U000000?`), "bytes of Go": hex(`\x?`),
		"zero width": strings.Join(strings.Split(hush, ""), "\u200b"), "soft hyphens": strings.Join(strings.Split(hush, ""), "\u00ad"), "lines": strings.Join(strings.Split(hush, ""), "\r\n"),
		"escaped zero width": strings.Join(strings.Split(`glpat-hush0123/`, ""), `\u200b`) + `\"\\\u0026<+='.x`, "blanks": "glpat- hush0123 / \"\\&\t<+ ='.x", "NUL": strings.Join(strings.Split(hush, ""), "\x00"),
		"not UTF-8": strings.Join(strings.Split(hush, ""), "\xff"), "joiners": strings.Join(strings.Split(hush, ""), "\u034f"), "directions": "\u202e" + hush + "\u202c",
	} {
		for _, around := range [][2]string{{"", ""}, {"before ", " behind"}, {"100% ", " &c. \\"}, {`"`, `"`}} {
			t.Run(name, func(t *testing.T) {
				text := around[0] + form + around[1]
				want := Line(around[0]) + redacted + Line(around[1])
				require.Equal(t, strings.ReplaceAll(want, " ", ""), strings.ReplaceAll(cleanerOf(hush).Line(text), " ", ""))
				require.Contains(t, string(cleanerOf(hush).Body([]byte(text), len(text))), redacted)
				require.True(t, cleanerOf(hush).Tells(text))
				require.False(t, cleanerOf(hush).Harmless(text))
			})
		}
	}
}

// A text that is cut does not end in the beginning of a secret.
func TestCutSecrets(t *testing.T) {
	const hush = "hush-0123456789abcdef"
	var escaped strings.Builder
	for _, c := range hush {
		escaped.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
	}
	clean := cleanerOf(hush)
	for _, form := range []string{hush, escaped.String()} {
		for left := range len(form) {
			for _, filler := range []string{strings.Repeat(".", 150-left), strings.Repeat(hush, 4) + "."} {
				text := filler + form
				body := string(clean.Body([]byte(text), len(filler)+left))
				require.NotContains(t, strings.Replace(body, redacted, "", -1), "hush", left)
				require.LessOrEqual(t, strings.Count(body, `\u00`), 4, body)
			}
		}
	}
	require.Equal(t, redacted, string(clean.Body([]byte(strings.Repeat(hush, 3)), 10)))
	require.Len(t, clean.Body([]byte(strings.Repeat("hush", 1<<20)), 64<<10), 64<<10)
	require.NotContains(t, clean.Line(strings.Repeat("\u200b", maxText/3-2)+hush), "hush")
}

// What stands in the place of a secret makes no other one of what stands around it.
func TestSecretsAroundASecret(t *testing.T) {
	require.Equal(t, redacted, cleanerOf("a[redacted]b").Line("aa[redacted]bb"))
	require.Equal(t, "x[redacted]]", cleanerOf("abababab").Line("xababababab]"))
	require.Equal(t, redacted, cleanerOf("[redacted]").Line("it is [redacted]"))
	require.NotContains(t, cleanerOf("ed]abcdef", "abcdefabcdef").Line("abcdefabcdefabcdefabcdefabcdef"), "abcdef")
}

func TestCauses(t *testing.T) {
	clean := cleanerOf("hush-0123456789")
	for text, want := range map[string]string{
		"dial tcp: lookup x":                                      "dial tcp: lookup x",
		`Get "https://x.example.com/a?token=1#f": EOF`:            `Get "https://x.example.com/a": EOF`,
		"Get https://jane:pw@x.example.com/a: EOF":                "Get https://x.example.com/a: EOF",
		"Get https://x.example.com?a: what? yes":                  "Get https://x.example.com what? yes",
		"first\nsecond hush-0123456789\n":                         "first; second [redacted]",
		"is that so? see https://docs.example.com/":               "is that so? see https://docs.example.com/",
		"mail jane@x.example.com":                                 "mail jane@x.example.com",
		"\x1b[31mred":                                             "[31mred",
		"oauth2: cannot renew glpat-0123456789_aBcDeFgH: refused": "oauth2: cannot renew [redacted]: refused",
	} {
		require.Equal(t, want, clean.Cause(text))
		require.Equal(t, want == text, clean.Harmless(text), text)
	}
	require.True(t, clean.Harmless("one\n\ttwo"))
	require.LessOrEqual(t, len(clean.Cause(strings.Repeat("x", 5<<20))), MaxLine)
}

// FuzzClean hides a secret that has a text around it and anything that cannot be seen within it.
func FuzzClean(f *testing.F) {
	f.Add("glpat-hush0123", "it is ", "\u200b", " and more", byte(1))
	f.Add("abababab", "ab", "\u00ad\n", "ab", byte(3))
	f.Add(`a"b\c%41&`, `\`, "\xff", `"`, byte(2))
	f.Add("abcd1234", "Get http://abcd?", "\u200b", " 1234", byte(1))
	f.Add("abcd1234", "http://abcd?q 1234 glpat-0123456789abcdefgh", "", "abcd glpat-0123456789abcdefgh 1234", byte(0))
	f.Add("]abcdefg", "[", "", "abcdefgabcdefg", byte(0))
	f.Fuzz(func(t *testing.T, hush, before, between, behind string, every byte) {
		hush, _ = bounded(look(hush, false).seen, 64)
		before, _ = bounded(before, 256)
		between, _ = bounded(between, 16)
		behind, _ = bounded(behind, 256)
		if len(hush) < shortestInOptions || strings.Contains(redacted, hush) {
			return
		}
		between = strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return -1
			}
			return r
		}, between)
		var text strings.Builder
		text.WriteString(before)
		for i := range len(hush) {
			text.WriteByte(hush[i])
			if every > 0 && i%int(every) == 0 {
				text.WriteString(between)
			}
		}
		text.WriteString(behind)

		clean := cleanerOf(hush)
		for _, line := range []string{clean.Line(text.String()), clean.Cause(text.String())} {
			if strings.Contains(look(line, false).seen, hush) {
				t.Fatalf("%q in %q of %q", hush, line, text.String())
			}
			if len(line) > MaxLine || !utf8.ValidString(line) || line != strings.TrimSpace(line) || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				t.Fatalf("%q", line)
			}
			if again := clean.Line(line); again != line && !clean.Tells(text.String()) {
				t.Fatalf("%q and then %q", line, again)
			}
		}
		if body := clean.Body([]byte(text.String()), 1<<10); len(body) > 1<<10 || strings.Contains(look(string(body), false).seen, hush) {
			t.Fatalf("%q in %q", hush, body)
		}
	})
}

// FuzzRedirectError guards the texts of redirects: they come from elsewhere.
func FuzzRedirectError(f *testing.F) {
	f.Add("https://user:pw@host/path?signature=s#f")
	f.Add("//host/a%3Fb%23c%40d?e")
	f.Add("https://host/\u202e\u200b%1b[31m" + strings.Repeat("x", 3<<10))
	f.Add("mailto:jane@host?subject=s")
	f.Fuzz(func(t *testing.T, location string) {
		home := &http.Request{Method: http.MethodPost, URL: &url.URL{Scheme: "https", Host: "gitlab.example.com", Path: "/api/v4/x"}}
		to, err := home.URL.Parse(location)
		if err != nil {
			return
		}
		refused, ok := checkRedirect(&http.Request{URL: to, Header: http.Header{}}, []*http.Request{home}).(*RedirectError)
		if !ok {
			t.Fatal("a POST was redirected")
		}
		if text := refused.Error(); text != Line(text) && len(text) <= MaxLine {
			t.Fatalf("%q", text)
		}
		if len(refused.To) > MaxLine || strings.ContainsAny(refused.To, "?#") {
			t.Fatalf("%q", refused.To)
		}
		if rest, ok := strings.CutPrefix(refused.To, to.Scheme+"://"); ok && to.User != nil && strings.HasPrefix(rest, to.User.String()+"@") {
			t.Fatalf("%q", refused.To)
		}
	})
}
