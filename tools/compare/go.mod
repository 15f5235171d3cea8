module github.com/roomtokens/roomtokens-go/tools/compare

go 1.26.0

replace github.com/roomtokens/roomtokens-go => ../..

require (
	github.com/google/uuid v1.6.0
	github.com/roomtokens/roomtokens-go v0.0.0
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
)
