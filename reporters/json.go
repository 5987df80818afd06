package reporters

import (
	"context"
	"io"

	"loadgate/internal/result"
)

// JSON writes the result document itself: the bytes of result.json.
func JSON(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return result.Encode(w, r.Doc)
}
