//go:build !linux && !darwin

package main

import "os"

// waitUntilUnread reports that it cannot tell whether a file has a reader.
func waitUntilUnread(*os.File) bool { return false }
