package faults_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// outage is a time during which every request of every source fails in the same way.
type outage struct {
	from, to time.Time
	fault    soakFault
}

// sixOutages lie anywhere within the span, one in each sixth of it, and last from 20 minutes to an hour.
func sixOutages(began time.Time, span time.Duration, rng *rand.Rand) []outage {
	faults := []soakFault{refusedInSoak, unavailable, stalledInSoak, tooMany, resetInSoak, cutInSoak}
	outages := make([]outage, len(faults))
	part := span / time.Duration(len(faults))
	for i, fault := range faults {
		from := began.Add(part*time.Duration(i) + time.Duration(rng.Int64N(int64(part-time.Hour))))
		outages[i] = outage{from, from.Add(20*time.Minute + time.Duration(rng.Int64N(int64(40*time.Minute)))), fault}
	}
	return outages
}

// TestSourceInOutage has one caller ask a hundred times a second while nothing responds, until something does. A fetch
// takes three attempts, and the pause after it grows from half a second to between 15 s and 30 s.
func TestSourceInOutage(t *testing.T) {
	t.Parallel()
	const span, pressure = 20 * time.Minute, 10 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := &room{report: t.Errorf, rng: rand.New(rand.NewPCG(1, 1))}
		r.outages = []outage{{began.Add(-1), began.Add(span), refusedInSoak}}
		source := newSource(t, r)
		_, err := source.Token(t.Context())
		for ; err != nil; _, err = source.Token(t.Context()) {
			r.requireError(err)
			require.Less(t, time.Since(began), span+time.Minute, "the outage is over")
			time.Sleep(pressure)
		}
		// A pause of 15 s at least, but for the first five; one of 30 s and a fetch of at most 3 s at most.
		require.LessOrEqual(t, r.arrived, 3*int(span/(15*time.Second)+5))
		require.GreaterOrEqual(t, r.arrived, 3*int(span/(33*time.Second)))
	})
}
