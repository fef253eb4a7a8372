package gitlabcitest

func (s *Server) registerMergeTrains() {}
