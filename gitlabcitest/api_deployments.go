package gitlabcitest

func (s *Server) registerDeployments() {}
