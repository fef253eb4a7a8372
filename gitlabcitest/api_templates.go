package gitlabcitest

func (s *Server) registerTemplates() {}
