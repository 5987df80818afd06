//go:build !windows

package live

import "os"

// understandsSequences is true: TERM says where they are not understood.
func understandsSequences(*os.File) bool { return true }
