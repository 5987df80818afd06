package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// digest identifies a dataset's content: SHA-256 of the JSON list of its kind
// and of whatever else decides its sessions, in hexadecimal.
func digest(kind string, parts ...any) string {
	b, err := json.Marshal(append([]any{kind}, parts...))
	if err != nil {
		panic(fmt.Sprintf("datasets: digest of %s: %v", kind, err)) // parts are numbers, texts and lists of them
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
