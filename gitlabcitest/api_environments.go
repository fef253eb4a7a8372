package gitlabcitest

func (s *Server) registerEnvironments() {}
