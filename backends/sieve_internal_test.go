package backends

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"loadgate/internal/llm"
)

var sievePlaces = places(map[string]slot{"a": 1, "b.c": 2, "l.*": 3, "l.*.x": 4, "o.p.q": 5, "o.p": 6})

// seenBy lists the hits of one pass in a form that does not depend on how the
// document was written.
func seenBy(v *sieve, elements bool) []string {
	var out []string
	for i := range v.hits {
		var x any
		_ = json.Unmarshal(v.hits[i].raw, &x)
		elem := 0
		if elements {
			elem = v.hits[i].elem
		}
		out = append(out, fmt.Sprintf("%d %d %v", v.hits[i].slot, elem, x))
	}
	slices.Sort(out)
	return out
}

func TestSieve(t *testing.T) {
	t.Parallel()
	for doc, want := range map[string]string{
		`{"a":1,"z":{"a":2},"b":{"c":"x","d":[1]}}`:                             "1 0 1|2 0 x",
		` { "l" : [ {"x":1} , {"y":2,"x":null}, "s", [] ] }`:                    "3 1 map[x:1]|3 2 map[x:<nil> y:2]|3 3 s|3 4 []|4 1 1",
		`{"b":3,"l":{"x":1},"a":null}`:                                          "",
		`{"a":1,"a":2}`:                                                         "1 0 2",
		`{"\u0061":"\u00e4","o":{"p":{"q":false}}}`:                             "1 0 ä|5 0 false|6 0 map[q:false]",
		"{\"a\":\"\xff\"}":                                                      "1 0 \ufffd",
		`{"z":` + strings.Repeat("[", 80) + strings.Repeat("]", 80) + `,"a":1}`: "1 0 1",
		`[]`: "", `"x"`: "",
	} {
		v := sieve{tree: sievePlaces}
		if _, err := v.read([]byte(doc)); err != nil {
			t.Errorf("%s: %v", doc, err)
		}
		if got := strings.Join(seenBy(&v, true), "|"); got != want {
			t.Errorf("%s:\n got %s\nwant %s", doc, got, want)
		}
	}
	for _, doc := range []string{``, `{`, `{"a":}`, `{"a":1}x`, `{"a":1,}`, `{"a":"` + "\x01" + `"}`, `{"a":tru}`, `nul`} {
		v := sieve{tree: sievePlaces}
		if _, err := v.read([]byte(doc)); err == nil {
			t.Errorf("%s was taken", doc)
		}
	}
}

// Where the fast pass takes a document, encoding/json sees the same.
func FuzzSieve(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"c":"x"},"l":[{"x":"\u00e4"},2]}`))
	f.Add([]byte(`{"o":{"p":{"q":[1,{"a":2}]}},"l":[[{"x":1}]]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		fast := sieve{tree: sievePlaces}
		if !fast.pass(doc, false) {
			return
		}
		var v any
		if err := json.Unmarshal(doc, &v); err != nil {
			t.Fatalf("took what is broken: %v", err)
		}
		plain, err := render(v)
		if err != nil {
			t.Fatal(err)
		}
		full := sieve{tree: sievePlaces}
		if !full.pass(plain, true) {
			t.Fatalf("%s cannot be read once it is written anew", doc)
		}
		// The members come in another order, so that elements are counted otherwise.
		if a, b := seenBy(&fast, false), seenBy(&full, false); !slices.Equal(a, b) {
			t.Errorf("%s: fast %q, full %q", doc, a, b)
		}
	})
}

func TestCompactAndNewText(t *testing.T) {
	t.Parallel()
	h := hit{raw: []byte("{ \"a b\" : [1,\n\t\"\\\" \\\\\" , 2] }")}
	var got []byte
	if h.compact(&got); string(got) != `{"a b":[1,"\" \\",2]}` {
		t.Errorf("%s", got)
	}
	for _, c := range [][3]string{{"", "a", "a"}, {"a", "ab", "b"}, {"ab", "ab", ""}, {"a\ufffd", "aä", "ä"}, {"ab", "a", ""}, {"é", "è", "è"}} {
		if got := newText([]byte(c[0]), []byte(c[1])); string(got) != c[2] {
			t.Errorf("%q after %q: %q", c[1], c[0], got)
		}
	}
}

// The usual events of all kinds are read without allocating.
func TestSieveDoesNotAllocate(t *testing.T) {
	d := &messagesDecoder{gleaner: newGleaner(messagesPlaces), usage: unknownUsage}
	data := []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" token"}}`)
	name := []byte("content_block_delta")
	var ev llm.Event
	if n := testing.AllocsPerRun(100, func() {
		ev = llm.Event{}
		if err := d.Decode(name, data, &ev); err != nil || string(ev.Content) != " token" {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}
