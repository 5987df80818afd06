package datasets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"

	"loadgate/internal/llm"
)

// makeImage makes an image of noise: it cannot be compressed, as photographs
// cannot, and no two are alike. The same random numbers give the same bytes
// with the same release of Go, whose encoders make them.
func makeImage(rng *rand.Rand, format string, width, height int) (llm.Media, error) {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := 0; i < len(img.Pix); i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], rng.Uint64())
		word[3], word[7] = 0xff, 0xff // opaque
		copy(img.Pix[i:], word[:])
	}
	var out bytes.Buffer
	var err error
	if format == "jpeg" {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 85})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	}
	if err != nil {
		return llm.Media{}, fmt.Errorf("make an image: %w", err)
	}
	return llm.Media{Kind: llm.Image, MIME: "image/" + format, Data: out.Bytes()}, nil
}

// makeAudio makes a recording: a WAV file of one channel of 16 bits with a tone
// of its own in a little noise.
func makeAudio(rng *rand.Rand, seconds float64, sampleRate int) llm.Media {
	samples := int(math.Round(seconds * float64(sampleRate)))
	hertz := 200 + 600*fraction(rng)
	out := make([]byte, 44, 44+2*samples)
	copy(out, "RIFF....WAVEfmt ")
	put := binary.LittleEndian
	put.PutUint32(out[4:], uint32(36+2*samples))
	put.PutUint32(out[16:], 16)
	put.PutUint16(out[20:], 1) // PCM
	put.PutUint16(out[22:], 1) // channels
	put.PutUint32(out[24:], uint32(sampleRate))
	put.PutUint32(out[28:], uint32(2*sampleRate))
	put.PutUint16(out[32:], 2)
	put.PutUint16(out[34:], 16)
	copy(out[36:], "data")
	put.PutUint32(out[40:], uint32(2*samples))
	for i := range samples {
		tone := 8000 * math.Sin(2*math.Pi*hertz*float64(i)/float64(sampleRate))
		out = put.AppendUint16(out, uint16(int16(tone+1000*(fraction(rng)-0.5))))
	}
	return llm.Media{Kind: llm.Audio, MIME: "audio/wav", Data: out}
}

// makeVideo makes a film: an AVI file of JPEG frames of noise (Motion JPEG), one
// of the few forms of video that need no codec of their own.
//
// Source: Microsoft's AVI RIFF File Reference.
func makeVideo(rng *rand.Rand, width, height, frames, fps int) (llm.Media, error) {
	var movi, index []byte
	put := binary.LittleEndian
	largest := 0
	for range frames {
		frame, err := makeImage(rng, "jpeg", width, height)
		if err != nil {
			return llm.Media{}, err
		}
		if len(frame.Data)%2 == 1 {
			frame.Data = append(frame.Data, 0)
		}
		largest = max(largest, len(frame.Data))
		index = append(index, "00dc"...)
		index = put.AppendUint32(index, 0x10) // a key frame
		index = put.AppendUint32(index, uint32(4+len(movi)))
		index = put.AppendUint32(index, uint32(len(frame.Data)))
		movi = append(movi, chunkOf("00dc", frame.Data)...)
	}
	words := func(values ...int) (out []byte) {
		for _, v := range values {
			out = put.AppendUint32(out, uint32(v))
		}
		return out
	}
	header := words(1_000_000/fps, largest*fps, 0, 0x10, frames, 0, 1, largest, width, height, 0, 0, 0, 0)
	stream := append([]byte("vidsMJPG"), words(0, 0, 0, 1, fps, 0, frames, largest, -1, 0, 0)...)
	stream = put.AppendUint16(put.AppendUint16(stream, uint16(width)), uint16(height))
	format := words(40, width, height)
	format = put.AppendUint16(put.AppendUint16(format, 1), 24)
	format = append(append(format, "MJPG"...), words(width*height*3, 0, 0, 0, 0)...)
	lists := listOf("hdrl", chunkOf("avih", header), listOf("strl", chunkOf("strh", stream), chunkOf("strf", format)))
	body := append([]byte("AVI "), lists...)
	body = append(body, listOf("movi", movi)...)
	body = append(body, chunkOf("idx1", index)...)
	return llm.Media{Kind: llm.Video, MIME: "video/x-msvideo", Data: chunkOf("RIFF", body)}, nil
}

// chunkOf is a RIFF chunk.
func chunkOf(name string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	return append(out, data...)
}

// listOf is a RIFF list.
func listOf(name string, parts ...[]byte) []byte {
	return chunkOf("LIST", append([]byte(name), bytes.Join(parts, nil)...))
}
