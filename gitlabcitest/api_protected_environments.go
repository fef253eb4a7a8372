package gitlabcitest

func (s *Server) registerProtectedEnvironments() {}
