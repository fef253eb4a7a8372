package gitlabcitest

func (s *Server) registerJobTokenScope() {}
