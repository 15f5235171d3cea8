module github.com/roomtokens/roomtokens-go/tools/compare/official

go 1.26.0

replace (
	github.com/roomtokens/roomtokens-go => ../../..
	github.com/roomtokens/roomtokens-go/tools/compare => ..
)

require (
	github.com/roomtokens/roomtokens-go/tools/compare v0.0.0
	github.com/team-telnyx/telnyx-go/v4 v4.97.0
)

require (
	github.com/gorilla/websocket v1.5.3 // indirect
	github.com/tidwall/gjson v1.18.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
)
