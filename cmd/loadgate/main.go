// Command loadgate runs declarative load tests against LLM inference services
// and gates on their results.
package main

import (
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}
