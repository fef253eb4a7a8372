package gitlabcitest

func (s *Server) registerResourceGroups() {}
