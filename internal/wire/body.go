package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"net/http"
	"net/textproto"
)

// unframer takes HTTP/1.1's framing off a body that comes in pieces: chunks, a
// length, or everything up to the close. It accepts and refuses what net/http
// does; FuzzUnframer holds it to that.
type unframer struct {
	kind   framing
	left   int64  // of the sized body, or of the chunk that is being read
	part   []byte // the beginning of a line that is not here whole, or of the trailer
	place  chunkPlace
	excess int64 // framing beyond what chunks need
}

type framing uint8

const (
	noBody framing = iota
	sized
	chunked
	untilClose
)

// chunkPlace says what of a chunked body comes next.
type chunkPlace uint8

const (
	sizeLine chunkPlace = iota
	chunkData
	chunkEnd // the CR LF behind the data, of which part may hold the CR
	trailer
)

const (
	maxSizeLine = 4096
	maxTrailer  = socketBytes // what net/http can look ahead here
	maxExcess   = 16 << 10
)

var (
	errSizeLine = errors.New("the size of a chunk cannot be read")
	errChunkEnd = errors.New("a chunk is longer than it says")
	errExcess   = errors.New("the chunks hold too little data")
	errTrailer  = errors.New("the trailer does not end")
)

// framingOf is how the body of an answer ends, as http.ReadResponse found.
func framingOf(resp *http.Response) unframer {
	switch {
	case !bodyAllowed(resp.StatusCode):
		return unframer{} // whatever the header says
	case len(resp.TransferEncoding) > 0:
		return unframer{kind: chunked}
	case resp.ContentLength > 0:
		return unframer{kind: sized, left: resp.ContentLength}
	case resp.ContentLength == 0:
		return unframer{}
	default:
		return unframer{kind: untilClose}
	}
}

func bodyAllowed(status int) bool {
	return (status < 100 || status > 199) && status != http.StatusNoContent && status != http.StatusNotModified
}

// strip moves the content in p to p's beginning and says how much that is. used
// is how many bytes of p belong to this body; end says that it is complete. An
// error comes beside the content that precedes it.
func (u *unframer) strip(p []byte) (content, used int, end bool, err error) {
	switch u.kind {
	case chunked:
		return u.chunks(p)
	case untilClose:
		return len(p), len(p), false, nil
	case sized:
		n := int(min(u.left, int64(len(p))))
		u.left -= int64(n)
		return n, n, u.left == 0, nil
	default:
		return 0, 0, true, nil
	}
}

// closed is what the end of the connection means for the body.
func (u *unframer) closed() (end bool, err error) {
	switch {
	case u.kind == untilClose:
		return true, nil
	case u.place == trailer && len(u.part) >= 2:
		return false, errTrailer // net/http, too, cannot tell the end of the connection from a trailer without end
	default:
		return false, io.ErrUnexpectedEOF
	}
}

func (u *unframer) chunks(p []byte) (content, used int, end bool, err error) {
	for r := 0; r < len(p); {
		switch u.place {
		case sizeLine:
			var n int
			if n, err = u.size(p[r:]); err != nil {
				return content, len(p), false, err
			}
			r += n
		case chunkData:
			n := int(min(u.left, int64(len(p)-r)))
			copy(p[content:], p[r:r+n])
			content, r = content+n, r+n
			if u.left -= int64(n); u.left == 0 {
				u.place = chunkEnd
			}
		case chunkEnd:
			n := min(2-len(u.part), len(p)-r)
			u.part = append(u.part, p[r:r+n]...)
			r += n
			if len(u.part) == 2 {
				if string(u.part) != "\r\n" {
					return content, len(p), false, errChunkEnd
				}
				u.place, u.part = sizeLine, u.part[:0]
			}
		case trailer:
			n, done, err := u.rest(p[r:])
			if done || err != nil {
				return content, r + n, done, err
			}
			r += n
		}
	}
	return content, len(p), false, nil
}

// size takes the line with a chunk's size, or what is here of it.
func (u *unframer) size(p []byte) (used int, err error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 {
		if u.part = append(u.part, p...); len(u.part) > maxSizeLine+2 {
			return 0, errSizeLine
		}
		return len(p), nil
	}
	line := p[:end+1]
	if len(u.part) > 0 {
		u.part = append(u.part, line...)
		line = u.part
	}
	n, ok := chunkSize(line)
	if !ok {
		return 0, errSizeLine
	}
	u.excess = max(0, u.excess+int64(len(line))-16-2*int64(n)) // overflows where net/http's does
	if u.excess > maxExcess {
		return 0, errExcess
	}
	u.part, u.left, u.place = u.part[:0], int64(min(n, math.MaxInt64)), chunkData
	if n == 0 {
		u.place = trailer
	}
	return end + 1, nil
}

// chunkSize reads a whole line: hexadecimal digits, white space, an extension
// behind a semicolon, CR LF.
func chunkSize(line []byte) (n uint64, ok bool) {
	if n, ok = plainSize(line); ok {
		return n, true
	}
	if cr := bytes.IndexByte(line, '\r'); cr < 0 || cr != len(line)-2 || cr >= maxSizeLine {
		return 0, false
	}
	line, _, _ = bytes.Cut(bytes.TrimRight(line[:len(line)-2], " \t"), []byte(";"))
	if len(line) == 0 || len(line) > 16 {
		return 0, false
	}
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | uint64(c)
	}
	return n, true
}

// plainSize reads a line of a few lower-case digits and nothing else, as nearly
// all servers write it.
func plainSize(line []byte) (n uint64, ok bool) {
	const most = 7
	digits := len(line) - 2
	if digits < 1 || digits > most || line[digits] != '\r' {
		return 0, false
	}
	for _, c := range line[:digits] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}

// rest takes what stands behind the last chunk: an empty line, or header fields
// and an empty line. Nobody reads the fields.
func (u *unframer) rest(p []byte) (used int, end bool, err error) {
	before := len(u.part)
	u.part = append(u.part, p[:min(len(p), maxTrailer+1-before)]...)
	if len(u.part) < 2 {
		return len(p), false, nil
	}
	if string(u.part[:2]) == "\r\n" {
		return 2 - before, true, nil
	}
	at := bytes.Index(u.part, []byte("\r\n\r\n"))
	switch {
	case at >= 0:
		_, err = textproto.NewReader(bufio.NewReader(bytes.NewReader(u.part[:at+4]))).ReadMIMEHeader()
		return at + 4 - before, err == nil, err
	case len(u.part) > maxTrailer:
		return 0, false, errTrailer
	default:
		return len(p), false, nil
	}
}
