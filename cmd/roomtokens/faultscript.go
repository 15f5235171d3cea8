package main

import (
	"fmt"
	"os"

	"github.com/roomtokens/roomtokens-go/roomtokenstest"
)

// readFaults reads a fault script; without a file, there are no faults.
func readFaults(file string) ([]roomtokenstest.Fault, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file) //nolint:gosec // whoever runs the program names the file
	if err != nil {
		return nil, err
	}
	faults, err := roomtokenstest.ParseFaults(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return faults, nil
}
