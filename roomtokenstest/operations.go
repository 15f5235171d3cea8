package roomtokenstest

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// perform returns the body of the success response, or why there is none.
func (s *Server) perform(c *call) (any, *refusal) {
	switch {
	case c.limits.refused:
		return nil, newRefusal(tooManyRequests)
	case !c.allowed:
		return nil, newRefusal(badRequest).withDetail(http.StatusMethodNotAllowed, "The only method is POST.")
	case c.operation == "":
		return nil, newRefusal(notFound).withDetail(http.StatusNotFound, "No operation has this path.")
	case len(c.body) > maxBodyBytes:
		return nil, newRefusal(badRequest).withDetail(http.StatusRequestEntityTooLarge, "The body is larger than 1 MiB.")
	}
	keyRooms, known := s.keys.find(c.request.Header.Get("Authorization"))
	if c.operation.BearerAuth() && !known {
		return nil, newRefusal(authenticationFailed)
	}
	fields, refused := c.validate()
	if refused != nil {
		return nil, refused
	}
	room := c.room()
	if room == uuid.Nil || !s.rooms.has(room) {
		refused := newRefusal(notFound).withDetail(http.StatusNotFound, "There is no such room.")
		refused.problem.Source.Parameter = roomParameter
		return nil, refused
	}
	if c.operation == api.OperationRefreshRoomClientToken {
		return s.refresh(c, room, fields)
	}
	if !keyRooms.has(room) {
		return nil, newRefusal(authorizationFailed).withDetail(http.StatusForbidden, "The API key may not use this room.")
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
		TokenExpiresAt:        access.expiresAt(),
		RefreshToken:          s.tokens.issue(refresh),
		RefreshTokenExpiresAt: refresh.expiresAt(),
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
		TokenExpiresAt: access.expiresAt(),
	}}, nil
}

// checkRefreshToken tells a credential that is none, or has expired (401), from one that does not permit this (403).
func (s *Server) checkRefreshToken(token secret.String, room uuid.UUID, now time.Time) (*tokenClaims, *refusal) {
	claims, err := s.tokens.verify(token, typeRefresh, now)
	unknown, forbidden := newRefusal(authenticationFailed), newRefusal(authorizationFailed)
	switch {
	case errors.Is(err, ErrTokenExpired):
		return nil, unknown.withDetail(http.StatusUnauthorized, "The refresh token has expired.")
	case claims != nil && claims.Type != typeRefresh:
		return nil, forbidden.withDetail(http.StatusForbidden, "The token is a client token, not a refresh token.")
	case err != nil:
		return nil, unknown.withDetail(http.StatusUnauthorized, "The refresh token is not known.")
	case claims.room() != room:
		return nil, forbidden.withDetail(http.StatusForbidden, "The refresh token is for another room.")
	case s.isRevoked(claims):
		return nil, forbidden.withDetail(http.StatusForbidden, "The refresh token is revoked.")
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
