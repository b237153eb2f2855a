// Decodes OTLP requests in JSON, one a line, with the OpenTelemetry Collector's own code, and
// writes a line for each span as the collector has it.
package main

import (
	"bufio"
	"fmt"
	"os"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const longestLine = 1 << 26

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		request := ptraceotlp.NewExportRequest()
		if err := request.UnmarshalJSON(lines.Bytes()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, resource := range request.Traces().ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					fmt.Println(span.TraceID(), span.SpanID(), span.ParentSpanID(), span.Kind(),
						uint64(span.StartTimestamp()), uint64(span.EndTimestamp()),
						span.Attributes().Len(), span.Links().Len(), span.Name())
				}
			}
		}
	}
}
