package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"loadgate/engine"
	"loadgate/internal/llm"
)

// A line of the samples file is a sample's own JSON with its repeat before it
// and its events, turned into columns, behind it: schemas/sample.v1.schema.json.
// Lines are made on the consumer's thread while load runs, so the columns, of
// which there may be thousands of numbers, are appended without reflection. The
// head is left to encoding/json: a field that is new in Sample is stored by
// being there.

// sampleHead is a line without its events.
type sampleHead struct {
	Repeat int `json:"repeat"`
	engine.Sample
}

// lineEncoder makes lines, reusing its memory.
type lineEncoder struct {
	buf  bytes.Buffer
	json *json.Encoder
	head sampleHead
}

// sample renders one line, line feed included, valid until the next call.
// Texts of others pass redact; what was asked and answered is left out unless
// texts is set. A usage that says it is not set is left out too.
func (e *lineEncoder) sample(repeat int, s *engine.Sample, redact func(string) string, texts bool) ([]byte, error) {
	if e.json == nil {
		e.json = json.NewEncoder(&e.buf)
		e.json.SetEscapeHTML(false)
	}
	e.head = sampleHead{Repeat: repeat, Sample: *s}
	cleanSample(&e.head.Sample, redact, texts)
	e.buf.Reset()
	if err := e.json.Encode(&e.head); err != nil {
		return nil, err
	}
	line := e.buf.Bytes()
	if len(s.Events) > 0 {
		var err error
		if line, err = appendColumns(line[:len(line)-len("}\n")], s.Events); err != nil {
			return nil, err
		}
		line = append(line, '}', '\n')
	}
	e.buf = *bytes.NewBuffer(line[:0]) // keeps what append has grown
	if len(line) > maxLine {
		return nil, errLongLine
	}
	return line, nil
}

func cleanSample(s *engine.Sample, redact func(string) string, texts bool) {
	for _, p := range []*string{&s.Session, &s.Error, &s.Finish, &s.Retry} {
		if *p != "" {
			*p = redact(*p)
		}
	}
	if s.Usage != nil && !s.Usage.Set {
		s.Usage = nil
	}
	switch {
	case !texts:
		s.Texts = nil
	case s.Texts != nil:
		s.Texts = &engine.Texts{
			Prompt: redact(s.Texts.Prompt), Content: redact(s.Texts.Content),
			Reasoning: redact(s.Texts.Reasoning), Tool: redact(s.Texts.Tool),
		}
	}
}

// noKind stands for llm.None in the column of kinds.
const noKind = '-'

// appendColumns appends `,"events":{…}` to an open object.
//
//	at_ns   the first event's stamp, then each one's gap to the one before
//	lag_ns  at - kernel, null where the kernel gave no stamp; left out when none did
//	bytes   as they are
//	kinds   a letter each
//	tokens  as they are; left out when none is known
func appendColumns(b []byte, events []engine.Event) ([]byte, error) {
	b = append(b, `,"events":{"at_ns":[`...)
	var before int64
	kernel, tokens := false, false
	for i := range events {
		ev := &events[i]
		b = append(strconv.AppendInt(b, ev.At-before, 10), ',')
		before = ev.At
		kernel = kernel || ev.Kernel != 0
		tokens = tokens || ev.Tokens != 0
	}
	b = append(b[:len(b)-1], ']')
	if kernel {
		b = append(b, `,"lag_ns":[`...)
		for i := range events {
			if k := events[i].Kernel; k != 0 {
				b = append(strconv.AppendInt(b, events[i].At-k, 10), ',')
			} else {
				b = append(b, `null,`...)
			}
		}
		b = append(b[:len(b)-1], ']')
	}
	b = append(b, `,"bytes":[`...)
	for i := range events {
		b = append(strconv.AppendInt(b, int64(events[i].Bytes), 10), ',')
	}
	b = append(b[:len(b)-1], `],"kinds":"`...)
	b, err := appendKinds(b, events)
	if err != nil {
		return nil, err
	}
	b = append(b, '"')
	if tokens {
		b = append(b, `,"tokens":[`...)
		for i := range events {
			b = append(strconv.AppendInt(b, int64(events[i].Tokens), 10), ',')
		}
		b = append(b[:len(b)-1], ']')
	}
	return append(b, '}'), nil
}

func appendKinds(b []byte, events []engine.Event) ([]byte, error) {
	for i := range events {
		switch k := events[i].Kind; {
		case k == llm.None:
			b = append(b, noKind)
		case k >= 'a' && k <= 'z':
			b = append(b, byte(k))
		default:
			return nil, fmt.Errorf("event %d: kind %d is no letter", i, k)
		}
	}
	return b, nil
}

// repeatEndHead begins the line that ends a repeat.
const repeatEndHead = `{"repeat_end":`

func encodeRepeatEnd(info RepeatInfo) ([]byte, error) {
	body, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	return append(append([]byte(repeatEndHead), body...), '}', '\n'), nil
}

func isRepeatEnd(line []byte) bool { return bytes.HasPrefix(line, []byte(repeatEndHead)) }
