package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"loadgate/scenario"
)

// version is what --version prints; a release sets it with -ldflags.
var version = "0.1.0-dev"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version and what it was built from",
		Example: "  loadgate version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.writeJSON(map[string]any{
					"version": version, "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
					"commit": commit(), "api_versions": scenario.APIVersions(),
				})
			}
			fmt.Fprintf(a.out, "loadgate %s (%s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if c := commit(); c != "" {
				fmt.Fprintf(a.out, ", commit %s", c)
			}
			fmt.Fprintln(a.out, ")")
			return nil
		},
	}
}

// commit is the revision that the binary was built from, "" when unknown.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
