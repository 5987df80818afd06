package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"loadgate/backends"
)

// listKinds writes what the kinds of backends speak and how that was verified.
func (a *app) listKinds() error {
	all := backends.Interfaces()
	if a.json {
		return a.writeJSON(map[string]any{"interfaces": all})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "kind\tapi\tverified")
	for _, i := range all {
		verified := "unverified: after the published format"
		switch {
		case i.Kind == "http":
			verified = "-"
		case i.Kind == "simulator":
			verified = "loadgate's own"
		case i.Verified():
			verified = "with bytes of " + strings.Join(i.Recorded, ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", i.Kind, i.API, verified)
	}
	if err := w.Flush(); err != nil {
		return failure(err)
	}
	return nil
}
