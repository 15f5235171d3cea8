package roomtokenstest

import (
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/roomtokens/roomtokens-go/api"
	"github.com/roomtokens/roomtokens-go/secret"
)

// handle does what the call asks for.
func (s *Server) handle(c *call, limits rateLimit) answer {
	result, refused := s.perform(c, limits)
	if refused == nil {
		return jsonAnswer(http.StatusCreated, result)
	}
	a := s.refuse(refused.status, refused.problem)
	if refused.status == http.StatusMethodNotAllowed {
		a.header.Set("Allow", http.MethodPost)
	}
	return a
}

// perform returns the body of the 201, or why there is none.
func (s *Server) perform(c *call, limits rateLimit) (any, *refusal) {
	switch {
	case limits.refused:
		return nil, refusalOf(CodeTooManyRequests)
	case c.found == http.StatusMethodNotAllowed:
		return nil, refusalOf(CodeBadRequest).because(c.found, "The only method is POST.")
	case c.route == nil:
		return nil, refusalOf(CodeNotFound).because(c.found, "No operation has this path; both are under /v2/rooms.")
	case c.tooLarge:
		return nil, refusalOf(CodeBadRequest).because(http.StatusRequestEntityTooLarge, "The body is larger than 1 MiB.")
	}
	input, refused := s.validate(c)
	if refused != nil {
		return nil, refused
	}
	if input.room == uuid.Nil || !s.rooms.has(input.room) {
		refused := refusalOf(CodeNotFound).because(http.StatusNotFound, "There is no such room.")
		refused.problem.Source.Parameter = roomParameter
		return nil, refused
	}
	if c.operation() == RefreshOperation {
		return s.refresh(c, input)
	}
	return s.create(c, input)
}

func (s *Server) create(c *call, in *input) (any, *refusal) {
	if !s.keys.rooms[in.apiKey].has(in.room) {
		return nil, refusalOf(CodeAuthorizationFailed).because(http.StatusForbidden, "The API key may not use this room.")
	}
	access := newClaims(in.room, c.now, in.tokenTTL)
	refresh := access.retyped(typeRefresh, c.now, in.refreshTokenTTL)
	return api.CreateRoomClientToken201Response{Data: api.CreateRoomClientToken201ResponseData{
		Token:                 s.tokens.sign(access),
		TokenExpiresAt:        access.endsAt(),
		RefreshToken:          s.tokens.sign(refresh),
		RefreshTokenExpiresAt: refresh.endsAt(),
	}}, nil
}

func (s *Server) refresh(c *call, in *input) (any, *refusal) {
	claims, refused := s.checkRefreshToken(in.refreshToken, in.room, c.now)
	if refused != nil {
		return nil, refused.at("/" + refreshTokenField)
	}
	access := claims.retyped(typeAccess, c.now, in.tokenTTL)
	return api.RefreshRoomClientToken201Response{Data: api.RefreshRoomClientToken201ResponseData{
		Token:          s.tokens.sign(access),
		TokenExpiresAt: access.endsAt(),
	}}, nil
}

// checkRefreshToken tells a credential that is none, or none any more (401), from one that does not permit this (403).
func (s *Server) checkRefreshToken(token secret.String, room uuid.UUID, now time.Time) (*tokenClaims, *refusal) {
	claims, err := s.tokens.verify(token, typeRefresh, now)
	forbidden := refusalOf(CodeAuthorizationFailed)
	switch {
	case errors.Is(err, ErrTokenExpired):
		return nil, refusalOf(CodeAuthenticationFailed).because(http.StatusUnauthorized, "The refresh token has ended.")
	case claims != nil && claims.Type != typeRefresh:
		return nil, forbidden.because(http.StatusForbidden, "The token is a client token, not a refresh token.")
	case err != nil:
		return nil, refusalOf(CodeAuthenticationFailed).because(http.StatusUnauthorized, "The refresh token is not known.")
	case claims.room() != room:
		return nil, forbidden.because(http.StatusForbidden, "The refresh token is for another room.")
	case s.isRevoked(claims):
		return nil, forbidden.because(http.StatusForbidden, "The refresh token is revoked.")
	}
	return claims, nil
}

func (s *Server) isRevoked(claims *tokenClaims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, revoked := s.revoked[claims.ID]
	return revoked
}
