using System.Globalization;

namespace GpuGrants.Benchmarks;

/// <summary>What every benchmark is told.</summary>
/// <param name="Seconds">How long each round of each side lasts.</param>
/// <param name="Clients">Callers at once.</param>
/// <param name="Rounds">Rounds of each side, interleaved; medians are reported.</param>
/// <param name="Organizations">For <c>scale</c>: organizations in the large database.</param>
/// <param name="Transfers">For <c>scale</c>: transfers in the large database.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
internal sealed record BenchOptions(
    int Seconds = 10,
    int Clients = 64,
    int Rounds = 3,
    int Organizations = 1_000_000,
    int Transfers = 20_000_000,
    bool Json = false
)
{
    /// <summary>Null when all is well, else what is wrong.</summary>
    public static string? TryParse(string[] args, out BenchOptions options)
    {
        options = new BenchOptions();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--json")
            {
                options = options with { Json = true };
                continue;
            }

            if (
                i + 1 == args.Length
                || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number < 1
            )
                return $"{args[i]} takes a whole number above 0.";
            var changed = args[i++] switch
            {
                "--seconds" => options with { Seconds = number },
                "--clients" => options with { Clients = number },
                "--rounds" => options with { Rounds = number },
                "--organizations" => options with { Organizations = number },
                "--transfers" => options with { Transfers = number },
                _ => null,
            };
            if (changed is null)
                return $"There is no option {args[i - 1]}; there are --seconds, --clients, --rounds, --organizations, --transfers "
                    + "and --json.";
            options = changed;
        }

        return null;
    }
}
