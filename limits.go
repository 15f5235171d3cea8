package roomtokens

// Bounds and defaults of the token lifetimes, in seconds, as CreateRoomClientTokenRequest and
// RefreshRoomClientTokenRequest state them in the spec. A lifetime of zero is not sent: the server then uses its default.
const (
	MinTokenTTLSecs     = 10
	MaxTokenTTLSecs     = 3600
	DefaultTokenTTLSecs = 600

	MinRefreshTokenTTLSecs     = 60
	MaxRefreshTokenTTLSecs     = 86400
	DefaultRefreshTokenTTLSecs = 3600
)

const (
	// maxAnswerBytes is how much of an answer is read, after decompression. A create answer is about 1.5 KB.
	maxAnswerBytes = 1 << 20
	// maxErrorBodyBytes is how much of an answer an Error keeps.
	maxErrorBodyBytes = 64 << 10
	// maxRequestIDBytes is the longest that a request id is taken to be.
	maxRequestIDBytes = 80
	// maxErrorTextBytes bounds the line that Error.Error returns.
	maxErrorTextBytes = 300
)
