// Command k6 is k6 with the module k6/x/sse built in, so that a script sees the events of a stream
// as they arrive.
package main

import (
	"go.k6.io/k6/cmd"

	_ "pbt-edge/k6/sse"
)

func main() {
	cmd.Execute()
}
