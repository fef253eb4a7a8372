package gitlabcitest

func (s *Server) registerRunnerControllers() {}
