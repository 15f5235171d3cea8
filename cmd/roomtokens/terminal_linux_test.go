package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal: what typist writes is typed, and what it reads is shown.
type terminal struct{ typist, file *os.File }

func openTerminal(t *testing.T) *terminal {
	t.Helper()
	typist, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no pseudo-terminal")
	}
	t.Cleanup(func() { _ = typist.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(typist.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(typist.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	file, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return &terminal{typist, file}
}

func (term *terminal) shows(t *testing.T) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(term.file.Fd()), unix.TCGETS)
	require.NoError(t, err)
	return state.Lflag&unix.ECHO != 0
}

// refresh runs the command on the terminal until it waits for the token.
func (term *terminal) refresh(ctx context.Context, t *testing.T, env environ) (code chan int, stderr *output) {
	t.Helper()
	code, stderr = make(chan int, 1), &output{}
	go func() { code <- run(ctx, []string{"refresh", room}, env.get, term.file, io.Discard, stderr) }()
	require.Eventually(t, func() bool { return !term.shows(t) }, time.Minute, time.Millisecond)
	return code, stderr
}

func TestTokenThatIsTypedIsNotShown(t *testing.T) {
	t.Parallel()
	fake, env := listen(t)
	_, pair, _ := invoke(t, env, "", "create", room)
	term := openTerminal(t)
	code, stderr := term.refresh(t.Context(), t, env)
	_, err := io.WriteString(term.typist, string(decodePair(t, pair).RefreshToken)+"\n")
	require.NoError(t, err)
	require.Equal(t, exitOK, <-code, stderr)
	require.Equal(t, "Paste the refresh token, which is not shown, then press Enter:\n", stderr.String())
	require.Len(t, fake.Requests(), 2)

	_, err = io.WriteString(term.file, "the end\n")
	require.NoError(t, err)
	shown, err := bufio.NewReader(term.typist).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "the end\r\n", shown)
}

func TestInterruptedTerminalShowsAgain(t *testing.T) {
	t.Parallel()
	term := openTerminal(t)
	ctx, interrupt := context.WithCancel(t.Context())
	code, _ := term.refresh(ctx, t, nil)
	interrupt()
	require.Equal(t, exitInterrupted, <-code)
	require.True(t, term.shows(t))
}

func TestOutputOnATerminal(t *testing.T) {
	t.Parallel()
	require.Equal(t, formatText, format("").orDefault(openTerminal(t).file))
	require.Equal(t, formatEnv, formatEnv.orDefault(openTerminal(t).file))
}
