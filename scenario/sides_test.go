package scenario

import (
	"strings"
	"testing"
)

const sidesText = `apiVersion: loadgate/v1
name: ab
backends:
  blue: {kind: openai, url: http://127.0.0.1:8000, model: m}
  green: {kind: vllm, url: http://127.0.0.1:8001, model: m}
  red: {kind: openai, url: http://127.0.0.1:8002, model: m}
datasets: {chat: {kind: random, tokenizer: cl100k_base, input_tokens: 128, output_tokens: 64}}
load: {requests: 20, repeats: 3, backend: blue}
matrix:
  load.concurrency: [1, 4]
  load.backend: [green, blue, red]
compare: {axis: AXIS, base: BASE}
`

func sidesIn(t *testing.T, axis, base string, set ...string) (*Plan, string) {
	t.Helper()
	text := strings.NewReplacer("AXIS", axis, "BASE", base).Replace(sidesText)
	plan, list := Read(Options{File: "ab.yaml", Source: []byte(text), Set: set})
	if list.HasErrors() {
		t.Fatal(list)
	}
	var got []string
	for _, s := range plan.Compare.Sides(plan.Cells) {
		var titles []string
		for i, c := range s.Cells() {
			if i == 0 && s.Base == nil {
				titles = append(titles, "none")
			}
			titles = append(titles, c.Title)
		}
		got = append(got, strings.Join(titles, " | "))
	}
	return plan, strings.Join(got, "\n")
}

func TestSidesAreCellsThatDifferOnTheAxisAlone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, axis, base string
		set              []string
		want             string
	}{
		{"backend", "load.backend", "blue", nil, "concurrency 1, backend blue | concurrency 1, backend green | concurrency 1, backend red\n" +
			"concurrency 4, backend blue | concurrency 4, backend green | concurrency 4, backend red"},
		{"load", "load.concurrency", "4", nil, "concurrency 4, backend green | concurrency 1, backend green\n" +
			"concurrency 4, backend blue | concurrency 1, backend blue\nconcurrency 4, backend red | concurrency 1, backend red"},
		{"without the base", "load.backend", "blue", []string{"load.backend=[green]"}, "none | concurrency 1, backend green\nnone | concurrency 4, backend green"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, got := sidesIn(t, c.axis, c.base, c.set...); got != c.want {
				t.Errorf("sides:\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestSidesSendTheSame(t *testing.T) {
	t.Parallel()
	for _, axis := range [][2]string{{"load.backend", "blue"}, {"load.concurrency", "1"}} {
		plan, _ := sidesIn(t, axis[0], axis[1])
		for _, s := range plan.Compare.Sides(plan.Cells) {
			for _, c := range s.Others {
				for repeat := range 3 {
					if c.PromptSeed(repeat) != s.Base.PromptSeed(repeat) || c.ScheduleSeed(repeat) != s.Base.ScheduleSeed(repeat) {
						t.Errorf("%s: repeat %d of %s does not send what %s does", axis[0], repeat, c.Title, s.Base.Title)
					}
				}
				if c.PromptSeed(0) == c.PromptSeed(1) {
					t.Errorf("%s: the repeats of %s send the same", axis[0], c.Title)
				}
			}
		}
	}
}

func TestOneRepeatIsWarnedOf(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("AXIS", "load.backend", "BASE", "blue").Replace(sidesText)
	_, list := Read(Options{File: "ab.yaml", Source: []byte(text), Set: []string{"load.repeats=1"}})
	if len(list) != 1 || !strings.Contains(list[0].Message, "with one repeat a comparison finds nothing: it is inconclusive") {
		t.Errorf("got %v", list)
	}
}
