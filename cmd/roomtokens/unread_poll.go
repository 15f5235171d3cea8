//go:build linux || darwin

package main

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// pollReadBand is POLLRDBAND, which package unix has for some systems only.
const pollReadBand = 0x80

// waitUntilUnread waits until a pipe or a terminal has no reader any more. It reports false if it cannot tell.
func waitUntilUnread(file *os.File) bool {
	// poll reports errors unasked, but on macOS only if it is asked for some event. This one never occurs here.
	fds := []unix.PollFd{{Fd: int32(file.Fd()), Events: pollReadBand}} //nolint:gosec // descriptors are small
	_, err := unix.Poll(fds, -1)
	for errors.Is(err, unix.EINTR) {
		_, err = unix.Poll(fds, -1)
	}
	return err == nil && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
