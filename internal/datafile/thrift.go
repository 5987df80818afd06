package datafile

import (
	"encoding/binary"
	"errors"
)

// errThrift says that bytes are not what Thrift's compact protocol allows.
var errThrift = errors.New("its footer says of a list or a text that it is longer than what is left of the footer, or is no footer")

// Types of the compact protocol.
const (
	thriftFalse  = 2 // and 1 is true; as a field, they have no bytes of their own
	thriftByte   = 3
	thriftInt64  = 6 // and 4 and 5, of fewer bits
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// skipThrift passes over a value and gives what is behind it. It makes nothing of
// it: the library makes room for lists of whatever length they are said to have, and
// is asked only when they can have it.
//
// Source: the Thrift project's specification of the compact protocol.
func skipThrift(b []byte, kind byte, depth int) ([]byte, error) {
	const most = 64
	if depth > most {
		return nil, errThrift
	}
	switch {
	case kind <= thriftByte:
		return after(b, 1)
	case kind <= thriftInt64:
		_, b, err := thriftNumber(b)
		return b, err
	case kind == thriftDouble:
		return after(b, 8)
	case kind == thriftBinary:
		n, b, err := thriftNumber(b)
		if err != nil {
			return nil, err
		}
		return after(b, n)
	case kind == thriftList || kind == thriftSet:
		if len(b) == 0 {
			return nil, errThrift
		}
		n, of, b := uint64(b[0]>>4), b[0]&0xf, b[1:]
		if n == 0xf {
			var err error
			if n, b, err = thriftNumber(b); err != nil {
				return nil, err
			}
		}
		return skipElements(b, n, depth, of)
	case kind == thriftMap:
		n, b, err := thriftNumber(b)
		if err != nil || n == 0 {
			return b, err
		}
		if len(b) == 0 {
			return nil, errThrift
		}
		return skipElements(b[1:], n, depth, b[0]>>4, b[0]&0xf)
	case kind == thriftStruct:
		return skipFields(b, depth)
	default:
		return nil, errThrift
	}
}

// skipElements passes over n times the values of the given types, each of which has a
// byte at least.
func skipElements(b []byte, n uint64, depth int, of ...byte) (_ []byte, err error) {
	if n > uint64(len(b)) {
		return nil, errThrift
	}
	for range n {
		for _, kind := range of {
			if b, err = skipThrift(b, kind, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// skipFields passes over the fields of a struct.
func skipFields(b []byte, depth int) (_ []byte, err error) {
	for {
		if len(b) == 0 {
			return nil, errThrift
		}
		head := b[0]
		b = b[1:]
		if head == 0 {
			return b, nil
		}
		if head>>4 == 0 { // the field's number is not the last one's and a little more
			if _, b, err = thriftNumber(b); err != nil {
				return nil, err
			}
		}
		if kind := head & 0xf; kind > thriftFalse {
			if b, err = skipThrift(b, kind, depth+1); err != nil {
				return nil, err
			}
		}
	}
}

func thriftNumber(b []byte) (n uint64, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, errThrift
	}
	return n, b[size:], nil
}

// after is what is behind n bytes.
func after(b []byte, n uint64) ([]byte, error) {
	if n > uint64(len(b)) {
		return nil, errThrift
	}
	return b[n:], nil
}
