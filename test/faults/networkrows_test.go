package faults_test

import (
	"context"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// attemptTimeout is the default.
const attemptTimeout = 15 * time.Second

// networkRows are faults of the network.
func networkRows() map[string]row {
	return map[string]row{
		"no fault": {fault: fault{serve: succeed}, attempts: 1, want: outcome{status: 201}},
		"no fault over TLS": {
			fault:    fault{serve: succeed, certificate: goodCertificate},
			attempts: 1,
			want:     outcome{status: 201},
		},
		"connection refused": {
			fault:    fault{refusal: func(context.Context) error { return opError("dial", syscall.ECONNREFUSED) }},
			attempts: 3,
			want:     outcome{is: []error{syscall.ECONNREFUSED}, text: "connection refused"},
		},
		"stalled dial": {
			fault:    fault{refusal: stalledDial},
			attempts: 3, takes: attemptTimeout,
			want: outcome{is: []error{context.DeadlineExceeded}, text: "attempt timed out after 15s"},
		},
		"reset before the header": {
			fault:    fault{serve: func(w http.ResponseWriter, req *http.Request, _ int) { reset(w, req) }},
			attempts: 3,
			want:     outcome{is: []error{syscall.ECONNRESET}, text: "connection reset"},
		},
		"reset before the header, then 201": {
			fault:    fault{serve: first(func(w http.ResponseWriter, req *http.Request, _ int) { reset(w, req) }, succeed)},
			attempts: 2,
			want:     outcome{status: 201},
			once:     &outcome{is: []error{syscall.ECONNRESET}, text: "connection reset"},
		},
		"reset before the body":           cutRow(partly(0, reset), syscall.ECONNRESET),
		"reset in the middle":             cutRow(partly(60, reset), syscall.ECONNRESET),
		"connection closed in the middle": cutRow(partly(60, hangUp), io.ErrUnexpectedEOF),
		"reset in the middle, then 201": {
			fault:    fault{serve: first(partly(60, reset), succeed)},
			attempts: 2,
			want:     outcome{status: 201},
			once:     &outcome{status: 201, is: []error{roomtokens.ErrInvalidResponse, syscall.ECONNRESET}, text: "cut short"},
		},
		"stalled header": {
			fault:    fault{serve: func(w http.ResponseWriter, req *http.Request, _ int) { silence(w, req) }},
			attempts: 3, takes: attemptTimeout,
			want: outcome{is: []error{context.DeadlineExceeded}, text: "attempt timed out after 15s"},
		},
		"stalled body": {
			fault:    fault{serve: partly(60, silence)},
			attempts: 3, takes: attemptTimeout,
			want: outcome{status: 201, is: []error{context.DeadlineExceeded}, text: "attempt timed out after 15s"},
		},
		"stalled body, then 201": {
			fault:    fault{serve: first(partly(60, silence), succeed)},
			attempts: 2, takes: attemptTimeout,
			want: outcome{status: 201},
			once: &outcome{status: 201, is: []error{context.DeadlineExceeded}, text: "attempt timed out after 15s"},
		},
		"certificate of an unknown authority": badCertificateRow(unknownAuthority, "unknown authority"),
		"certificate of another host":         badCertificateRow(otherHost, "valid for 10.0.0.1, not 127.0.0.1"),
		"certificate that has ended":          badCertificateRow(ended, "expired"),
	}
}

func stalledDial(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// cutRow is for a response whose body breaks off.
func cutRow(serve serveFunc, cause error) row {
	return row{
		fault: fault{serve: serve}, attempts: 3,
		want: outcome{status: 201, is: []error{roomtokens.ErrInvalidResponse, cause}, text: "body is cut short"},
	}
}

// badCertificateRow is for a server that must not be trusted however often it is asked.
func badCertificateRow(c certificate, text string) row {
	return row{fault: fault{serve: succeed, certificate: c}, attempts: 1, want: outcome{text: text}}
}
