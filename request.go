package roomtokens

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
)

// The operation ids of the spec, and the end of the path by which a request for the one that takes no key is known.
const (
	createOperation  = "CreateRoomClientToken"
	refreshOperation = "RefreshRoomClientToken"

	refreshPath = "/actions/refresh_client_token"
)

// operationOf names the operation that a request to path is for.
func operationOf(path string) string {
	if strings.HasSuffix(path, refreshPath) {
		return refreshOperation
	}
	return createOperation
}

func checkCreate(roomID uuid.UUID, params api.CreateRoomClientTokenRequest) error {
	if err := checkRoom(roomID); err != nil {
		return err
	}
	if err := checkTokenTTL(params.TokenTTLSecs); err != nil {
		return err
	}
	return checkTTL("refresh_token_ttl_secs", params.RefreshTokenTTLSecs, MinRefreshTokenTTLSecs, MaxRefreshTokenTTLSecs)
}

func checkRefresh(roomID uuid.UUID, params api.RefreshRoomClientTokenRequest) error {
	if err := checkRoom(roomID); err != nil {
		return err
	}
	if params.RefreshToken == "" {
		return invalid("refresh_token is empty")
	}
	if !utf8.ValidString(string(params.RefreshToken)) {
		return invalid("refresh_token is not valid UTF-8")
	}
	return checkTokenTTL(params.TokenTTLSecs)
}

func checkRoom(roomID uuid.UUID) error {
	if roomID == uuid.Nil {
		return invalid("room_id is the nil UUID")
	}
	return nil
}

func checkTokenTTL(secs int) error {
	return checkTTL("token_ttl_secs", secs, MinTokenTTLSecs, MaxTokenTTLSecs)
}

func checkTTL(field string, secs, lowest, highest int) error {
	if secs == 0 || lowest <= secs && secs <= highest {
		return nil
	}
	return invalid("%s is %d seconds, must be %d to %d, or 0 for the server's default", field, secs, lowest, highest)
}

// invalid says why something was refused before it was sent.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalidRequest, fmt.Sprintf(format, args...))
}
