package gitlabcitest

func (s *Server) registerSecureFiles() {}
