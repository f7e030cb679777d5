using System.CommandLine;

namespace GpuGrants.Api.Commands;

/// <summary>The verb <c>migrate</c>: brings the schema up to date, then stops.</summary>
public static class MigrateVerb
{
    /// <param name="open">Finds or starts the database and always migrates it.</param>
    public static Command Create(Func<ParseResult, Task<MigratedDatabase>> open)
    {
        var command = new Command("migrate", "Bring the database's schema up to date, then stop.");
        command.SetAction(
            async (result, _) =>
            {
                await using var database = await open(result);
                Console.WriteLine($"The schema is up to date: {database.Description}");
                return 0;
            }
        );
        return command;
    }
}
