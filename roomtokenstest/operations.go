package roomtokenstest

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// perform returns the body of the success response, or why there is none.
func (s *Server) perform(c *call) (any, *refusal) {
	switch {
	case c.limits.refused:
		return nil, newRefusal(http.StatusTooManyRequests, tooManyRequests, "The requests of this window are used up.")
	case c.methods != nil:
		detail := "The method must be " + strings.Join(c.methods, " or ") + "."
		return nil, newRefusal(http.StatusMethodNotAllowed, badRequest, detail)
	case c.operation == "":
		return nil, newRefusal(http.StatusNotFound, notFound, "No operation has this path.")
	case c.operation != api.OperationCreateRoomClientToken && c.operation != api.OperationRefreshRoomClientToken:
		return nil, newRefusal(http.StatusNotImplemented, unexpected, "The fake does not perform this operation.")
	case len(c.body) > maxBodyBytes:
		return nil, newRefusal(http.StatusRequestEntityTooLarge, badRequest, "The body is larger than 1 MiB.")
	}
	keyRooms, known := s.keys.find(c.request.Header.Get("Authorization"))
	if c.operation.BearerAuth() && !known {
		return nil, newRefusal(http.StatusUnauthorized, authenticationFailed, "The API key is missing or not known.")
	}
	fields, refused := c.validate()
	if refused != nil {
		return nil, refused
	}
	room := c.room()
	if room == uuid.Nil || !s.rooms.has(room) {
		return nil, newRefusal(http.StatusNotFound, notFound, "There is no such room.").atRoom()
	}
	if c.operation == api.OperationRefreshRoomClientToken {
		return s.refresh(c, room, fields)
	}
	if !keyRooms.has(room) {
		return nil, newRefusal(http.StatusForbidden, authorizationFailed, "The API key may not use this room.")
	}
	return s.create(c, room, fields), nil
}

func (s *Server) create(c *call, room uuid.UUID, fields map[string]any) any {
	ttl := seconds(fields, "token_ttl_secs", api.CreateRoomClientTokenRequestTokenTTLSecsDefault)
	refreshTTL := seconds(fields, "refresh_token_ttl_secs", api.CreateRoomClientTokenRequestRefreshTokenTTLSecsDefault)
	access := newClaims(room, typeAccess, c.now, ttl)
	refresh := newClaims(room, typeRefresh, c.now, refreshTTL)
	refresh.Grants = access.Grants
	return api.CreateRoomClientToken201Response{Data: api.CreateRoomClientToken201ResponseData{
		Token:                 s.tokens.issue(access),
		TokenExpiresAt:        access.ExpiresAt,
		RefreshToken:          s.tokens.issue(refresh),
		RefreshTokenExpiresAt: refresh.ExpiresAt,
	}}
}

func (s *Server) refresh(c *call, room uuid.UUID, fields map[string]any) (any, *refusal) {
	token, _ := fields[refreshTokenField].(string)
	claims, refused := s.checkRefreshToken(secret.String(token), room, c.now)
	if refused != nil {
		return nil, refused.at("/" + refreshTokenField)
	}
	ttl := seconds(fields, "token_ttl_secs", api.RefreshRoomClientTokenRequestTokenTTLSecsDefault)
	access := newClaims(room, typeAccess, c.now, ttl)
	access.Grants = claims.Grants
	return api.RefreshRoomClientToken201Response{Data: api.RefreshRoomClientToken201ResponseData{
		Token:          s.tokens.issue(access),
		TokenExpiresAt: access.ExpiresAt,
	}}, nil
}

// checkRefreshToken tells a credential that is none, or has expired (401), from one that does not permit this (403).
func (s *Server) checkRefreshToken(token secret.String, room uuid.UUID, now time.Time) (*Claims, *refusal) {
	const unauthorized, forbidden = http.StatusUnauthorized, http.StatusForbidden
	claims, err := s.tokens.verify(token, typeRefresh, now)
	switch {
	case errors.Is(err, ErrTokenExpired):
		return nil, newRefusal(unauthorized, authenticationFailed, "The refresh token has expired.")
	case claims != nil && claims.Type != typeRefresh:
		return nil, newRefusal(forbidden, authorizationFailed, "The token is a client token, not a refresh token.")
	case err != nil:
		return nil, newRefusal(unauthorized, authenticationFailed, "The refresh token is not known.")
	case claims.RoomID != room:
		return nil, newRefusal(forbidden, authorizationFailed, "The refresh token is for another room.")
	case s.isRevoked(claims):
		return nil, newRefusal(forbidden, authorizationFailed, "The refresh token is revoked.")
	}
	return claims, nil
}

// seconds returns a lifetime that the schema allows, or the default if there is none.
func seconds(fields map[string]any, name string, otherwise int) time.Duration {
	if value, ok := fields[name].(float64); ok {
		return time.Duration(value) * time.Second
	}
	return time.Duration(otherwise) * time.Second
}
