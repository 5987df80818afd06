package reporters

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes the result document itself, indented.
func JSON(ctx context.Context, r *Report, w io.Writer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r.Doc); err != nil {
		return fmt.Errorf("write the result document: %w", err)
	}
	return nil
}
