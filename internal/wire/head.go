package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// headReader reads the heads of answers that come in pieces. net/http itself
// parses them, once they are whole: what it takes and refuses needs no second
// opinion, and a head is read once a request. One serves many answers, one after
// the other.
type headReader struct {
	bytes bytes.Reader
	buf   *bufio.Reader
}

func newHeadReader() *headReader {
	return &headReader{buf: bufio.NewReaderSize(nil, 4<<10)}
}

// heads is what has come of the head of one answer, and of those before it that
// only say that it will come (1xx).
type heads struct {
	part []byte // of a head that is not here whole
	size int    // of all
}

// take reads the next piece. resp is nil as long as the head is not whole; used
// is how many bytes of p belong to it.
func (h *headReader) take(s *heads, p []byte, req *http.Request) (resp *http.Response, used int, err error) {
	for {
		text, before := p[used:], len(s.part)
		if before > 0 {
			s.part = append(s.part, text...)
			text = s.part
		}
		n := 0
		if whole := bytes.LastIndexByte(text, '\n') + 1; whole > 0 {
			if resp, n, err = h.parse(text[:whole], req); err != nil {
				return nil, used, err
			}
		}
		if resp == nil {
			if before == 0 {
				s.part = append(s.part, text...)
			}
			if s.size+len(s.part) > maxHeaderBytes {
				return nil, used, fmt.Errorf("the header of the answer has more than %d bytes", maxHeaderBytes)
			}
			return nil, len(p), nil
		}
		used += n - before
		s.size, s.part = s.size+n, nil
		switch {
		case s.size > maxHeaderBytes:
			return nil, used, fmt.Errorf("the header of the answer has more than %d bytes", maxHeaderBytes)
		case !interim(resp.StatusCode):
			return resp, used, nil
		}
		resp = nil
	}
}

// interim says of a status that another answer follows.
func interim(status int) bool {
	return status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols
}

// closed is what the end of the connection means for a head that is not whole: as
// for net/http, the last line may be one that no head can have.
func (s *heads) closed(req *http.Request) error {
	switch {
	case len(s.part) == 0 && s.size == 0:
		return io.EOF
	case len(s.part) == 0:
		return io.ErrUnexpectedEOF
	}
	_, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(s.part)), req)
	return cmp.Or(err, io.ErrUnexpectedEOF)
}

// parse reads a head from whole lines: half a line would be taken for one that
// makes no sense. nil: it does not end here.
func (h *headReader) parse(lines []byte, req *http.Request) (resp *http.Response, used int, err error) {
	h.bytes.Reset(lines)
	h.buf.Reset(&h.bytes)
	resp, err = http.ReadResponse(h.buf, req)
	used = len(lines) - h.bytes.Len() - h.buf.Buffered()
	h.bytes.Reset(nil)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, nil
	}
	return resp, used, err
}
