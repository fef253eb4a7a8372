package gitlabcitest

func (s *Server) registerCatalog() {}
