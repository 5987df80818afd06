package sim

// ollamaForm is ollama's: a JSON value a line, of which the last has the counts.
type ollamaForm struct {
	*renderer
	head string // up to the members that differ
	chat bool
}

func (f *ollamaForm) contentType() string { return "application/x-ndjson" }

func (f *ollamaForm) open(bool) {}

func (f *ollamaForm) tokens(s span) {
	if len(s.text) == 0 {
		return
	}
	thought, text := "", string(s.text)
	if s.reasoning {
		thought, text = text, ""
	}
	f.line(thought, text)
	f.put(`"done":false}`, "\n")
}

// line appends the members of a line up to done.
func (f *ollamaForm) line(thought, text string) {
	f.put(f.head)
	if f.chat {
		f.put(`"message":{"role":"assistant","content":"`, text, `"`)
		if thought != "" {
			f.put(`,"thinking":"`, thought, `"`)
		}
		f.put(`},`)
		return
	}
	f.put(`"response":"`, text, `",`)
}

// close implements form. There is always an end mark: done.
func (f *ollamaForm) close(s span, _ bool) {
	f.line("", "")
	f.end(s.finish, s.output)
}

func (f *ollamaForm) end(finish string, output int) {
	f.put(`"done":true,"done_reason":"`, finish, `","prompt_eval_count":`)
	f.num(f.prompt)
	f.put(`,"eval_count":`)
	f.num(output)
	f.put("}\n")
}

// blocked implements form: the dialect has no audit, so that the answer breaks off
// with an error.
func (f *ollamaForm) blocked(span, bool) { f.failureBody() }

func (f *ollamaForm) failure(bool) { f.failureBody() }

func (f *ollamaForm) failureBody() { f.put(`{"error":"simulated engine failure"}`, "\n") }

func (f *ollamaForm) document(thought, text []byte, s script, blocked bool) {
	if blocked {
		f.failureBody()
		return
	}
	f.line(string(thought), string(text))
	f.end(s.finish, s.tokens)
}
