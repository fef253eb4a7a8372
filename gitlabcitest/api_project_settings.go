package gitlabcitest

func (s *Server) registerProjectSettings() {}
