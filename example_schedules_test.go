package gitlabci_test

import (
	"fmt"

	"github.com/gitlabci/gitlabci"
)

func ExampleSchedulesService_Create() {
	ctx, client, app, done := standIn()
	defer done()

	schedule, err := client.Schedules.Create(ctx, app, &gitlabci.CreateScheduleOptions{
		Description: "Nightly build", Ref: "main", Cron: "0 2 * * *", CronTimezone: "UTC",
	})
	check(err)
	err = client.Schedules.Play(ctx, app, schedule.ID, nil)
	check(err)
	schedule, err = client.Schedules.TakeOwnership(ctx, app, schedule.ID)
	check(err)
	fmt.Println(schedule.Description, schedule.Active)
	// Output: Nightly build true
}
