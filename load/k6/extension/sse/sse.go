// Package sse lets k6 scripts read server-sent events as they arrive.
//
// It has the name of the community's extension, which a stock k6 with network access downloads, and
// the part of its interface that the scripts use: open(url, params, setup),
// client.on("open" | "event" | "error") and client.close(). Beyond that, an event has elapsed_ms:
// milliseconds from sending the request to the arrival of the event's last line.
package sse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/js/modules"
)

const (
	defaultTimeout = 60 * time.Second
	maxLine        = 1 << 20
	maxErrorBody   = 64 << 10
)

func init() {
	modules.Register("k6/x/sse", rootModule{})
}

type rootModule struct{}

func (rootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{vu: vu}
}

type instance struct {
	vu modules.VU
}

// Exports returns the module's default export, {open}.
func (i *instance) Exports() modules.Exports {
	object := i.vu.Runtime().NewObject()
	if err := object.Set("open", i.open); err != nil {
		panic(err)
	}
	return modules.Exports{Default: object}
}

type params struct {
	Method  string
	Headers map[string]string
	Body    string
	Timeout string
}

type stream struct {
	vu       modules.VU
	handlers map[string]sobek.Callable
	cancel   context.CancelFunc
	closed   bool
}

// open sends the request and reads its events until the server ends, the script closes or the
// timeout expires. Errors after the request was sent go to the "error" handler; misuse throws.
func (i *instance) open(url string, options map[string]any, setup sobek.Callable) (map[string]any, error) {
	state := i.vu.State()
	if state == nil {
		return nil, errors.New("sse.open: not in the init context")
	}
	request := readParams(options)
	timeout, err := time.ParseDuration(request.Timeout)
	if err != nil {
		return nil, fmt.Errorf("sse.open: timeout: %w", err)
	}
	ctx, cancel := context.WithTimeout(i.vu.Context(), timeout)
	defer cancel()
	current := &stream{vu: i.vu, handlers: map[string]sobek.Callable{}, cancel: cancel}
	if _, err := setup(sobek.Undefined(), current.client()); err != nil {
		return nil, err
	}
	httpRequest, err := http.NewRequestWithContext(ctx, request.Method, url, strings.NewReader(request.Body))
	if err != nil {
		return nil, fmt.Errorf("sse.open: %w", err)
	}
	for name, value := range request.Headers {
		httpRequest.Header.Set(name, value)
	}
	sent := time.Now()
	response, err := state.Transport.RoundTrip(httpRequest)
	if err != nil {
		return map[string]any{"status": 0}, current.fail(err)
	}
	defer func() { _ = response.Body.Close() }()
	result := map[string]any{"status": response.StatusCode, "headers": flatten(response.Header)}
	if response.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
		result["body"] = string(body)
		return result, current.fail(err)
	}
	if err := current.call("open"); err != nil {
		return nil, err
	}
	return result, current.read(response.Body, sent)
}

// read dispatches the events of a body (WHATWG HTML, "server-sent events").
func (s *stream) read(body io.Reader, sent time.Time) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	name, id, data := "", "", []string{}
	for !s.closed && lines.Scan() {
		line := lines.Text()
		if line == "" {
			if len(data) > 0 {
				elapsed := float64(time.Since(sent).Microseconds()) / 1000
				event := map[string]any{"id": id, "name": name, "data": strings.Join(data, "\n"), "elapsed_ms": elapsed}
				if err := s.call("event", event); err != nil {
					return err
				}
			}
			name, data = "", []string{}
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "event":
			name = value
		case "data":
			data = append(data, value)
		case "id":
			id = value
		}
	}
	if s.closed {
		return nil
	}
	return s.fail(lines.Err())
}

func (s *stream) client() *sobek.Object {
	object := s.vu.Runtime().NewObject()
	on := func(event string, handler sobek.Callable) { s.handlers[event] = handler }
	end := func() {
		s.closed = true
		s.cancel()
	}
	if err := errors.Join(object.Set("on", on), object.Set("close", end)); err != nil {
		panic(err)
	}
	return object
}

// fail passes an error to the "error" handler, and throws it where there is none.
func (s *stream) fail(err error) error {
	if err == nil || s.handlers["error"] == nil {
		return err
	}
	return s.call("error", map[string]any{"error": err.Error})
}

func (s *stream) call(event string, arguments ...any) error {
	handler := s.handlers[event]
	if handler == nil {
		return nil
	}
	values := make([]sobek.Value, len(arguments))
	for at, argument := range arguments {
		values[at] = s.vu.Runtime().ToValue(argument)
	}
	_, err := handler(sobek.Undefined(), values...)
	return err
}

func readParams(options map[string]any) params {
	read := params{Method: http.MethodGet, Headers: map[string]string{}, Timeout: defaultTimeout.String()}
	for name, value := range options {
		switch name {
		case "method":
			read.Method = fmt.Sprint(value)
		case "body":
			read.Body = fmt.Sprint(value)
		case "timeout":
			read.Timeout = fmt.Sprint(value)
		case "headers":
			if headers, ok := value.(map[string]any); ok {
				for header, text := range headers {
					read.Headers[header] = fmt.Sprint(text)
				}
			}
		}
	}
	return read
}

func flatten(header http.Header) map[string]string {
	flat := map[string]string{}
	for name := range header {
		flat[name] = header.Get(name)
	}
	return flat
}
