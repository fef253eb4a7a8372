package gitlabcitest

func (s *Server) registerLint() {}
