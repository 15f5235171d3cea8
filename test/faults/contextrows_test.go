package faults_test

import (
	"context"
	"net/http"
	"syscall"
	"time"

	"github.com/roomtokens/roomtokens-go"
)

// contextRows are callers that give up. Each does so 3 s into its call, or has a deadline there.
func contextRows() map[string]row {
	const soon = 3 * time.Second
	silent := func(w http.ResponseWriter, req *http.Request, _ int) { silence(w, req) }
	canceled, late := []error{context.Canceled}, []error{context.DeadlineExceeded}
	rows := map[string]row{}
	for name, one := range map[string]struct {
		fault  fault
		status int
	}{
		"dialling":               {fault{refusal: stalledDial}, 0},
		"waiting for the header": {fault{serve: silent}, 0},
		"reading":                {fault{serve: partly(60, silence)}, 201},
	} {
		rows["cancelled while "+name] = row{
			fault: one.fault, cancel: soon, attempts: 1, want: outcome{status: one.status, is: canceled, after: soon},
		}
		rows["deadline while "+name] = row{
			fault: one.fault, deadline: soon, attempts: 1, want: outcome{status: one.status, is: late, after: soon},
		}
	}
	busy := fault{serve: reply(503, "busy", "Retry-After", "20")}
	refused := outcome{status: 503, is: []error{roomtokens.ErrServer}}
	rows["cancelled between attempts"] = row{
		fault: busy, cancel: soon, attempts: 1, once: &refused,
		want: outcome{status: 503, is: []error{roomtokens.ErrServer, context.Canceled}, after: soon},
	}
	rows["deadline before the next attempt"] = row{fault: busy, deadline: soon, attempts: 1, want: refused}
	rows["deadline at the next attempt"] = row{fault: busy, deadline: 20 * time.Second, attempts: 1, want: refused}
	rows["deadline in the second wait"] = row{
		fault: busy, deadline: 21 * time.Second, attempts: 2, wait: 20 * time.Second, want: refused,
	}
	rows["cancelled in the second attempt"] = row{
		fault:  fault{serve: first(reply(503, "", "Retry-After", "2"), silent)},
		cancel: soon, attempts: 2, wait: 2 * time.Second, once: &refused,
		want: outcome{is: canceled, after: soon},
	}
	rows["cancelled between attempts that nothing responds"] = row{
		fault:  fault{refusal: func(context.Context) error { return opError("dial", syscall.ECONNREFUSED) }},
		cancel: 1, attempts: 1, once: &outcome{is: []error{syscall.ECONNREFUSED}},
		want: outcome{is: []error{context.Canceled, syscall.ECONNREFUSED}, after: 1},
	}
	return rows
}
