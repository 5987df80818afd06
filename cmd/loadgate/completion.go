package main

import (
	"bytes"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion {bash|zsh|fish|powershell}",
		Short: "Print a completion script for a shell",
		Example: `  source <(loadgate completion bash)
  loadgate completion zsh > "${fpath[1]}/_loadgate"`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageErrorf("completion: name one shell: bash, zsh, fish or powershell")
			}
			generate := map[string]func(io.Writer) error{
				"bash":       func(w io.Writer) error { return c.Root().GenBashCompletionV2(w, true) },
				"zsh":        c.Root().GenZshCompletion,
				"fish":       func(w io.Writer) error { return c.Root().GenFishCompletion(w, true) },
				"powershell": c.Root().GenPowerShellCompletionWithDesc,
			}[args[0]]
			if generate == nil {
				return usageErrorf("completion: unknown shell %q: bash, zsh, fish or powershell", args[0])
			}
			if !a.json {
				return generate(a.out)
			}
			var b bytes.Buffer
			if err := generate(&b); err != nil {
				return failure(err)
			}
			return a.writeJSON(map[string]string{"shell": args[0], "script": b.String()})
		},
	}
}
