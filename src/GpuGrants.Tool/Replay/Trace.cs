using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using CsvHelper.Configuration.Attributes;
using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Tool.Replay;

/// <summary>A cluster trace: machines, and the tasks that ran on their GPUs.</summary>
/// <param name="Nodes">Machines with GPUs.</param>
/// <param name="Tasks">Tasks with GPUs, in the order in which they came.</param>
public sealed record Trace(IReadOnlyList<TraceNode> Nodes, IReadOnlyList<TraceTask> Tasks)
{
    /// <summary>The longest task that a grant can cover, with time to spare.</summary>
    private const long MaxTaskSeconds = 600L * 86_400;

    /// <summary>From the trace's start to the end of its last task.</summary>
    public long DurationSeconds => Tasks.Max(task => task.DeletedSecond);

    /// <summary>Reads both files.</summary>
    /// <exception cref="InvalidOperationException">A file is not there or does not have the format; the message names the file, the line
    /// and what is wrong.</exception>
    public static Trace Read(string nodesPath, string podsPath)
    {
        var nodes = ReadRows<NodeRow>(nodesPath).Select(row => ToNode(nodesPath, row)).Where(node => node.Gpus > 0).ToList();
        var tasks = ReadRows<PodRow>(podsPath)
            .Where(row => row.Row.Gpus > 0)
            .Select(row => ToTask(podsPath, row))
            .OrderBy(task => task.CreatedSecond)
            .ToList();
        if (nodes.Count == 0)
            throw new InvalidOperationException($"{nodesPath} has no node with GPUs.");
        if (tasks.Count == 0)
            throw new InvalidOperationException($"{podsPath} has no task with GPUs.");
        return new Trace(nodes, tasks);
    }

    private static List<(int Line, TRow Row)> ReadRows<TRow>(string path)
    {
        if (!File.Exists(path))
            throw new InvalidOperationException($"There is no file {path}.");
        using var reader = new StreamReader(path);
        using var csv = new CsvReader(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { TrimOptions = TrimOptions.Trim });
        var rows = new List<(int, TRow)>();
        try
        {
            while (csv.Read())
            {
                if (csv.HeaderRecord is null)
                {
                    csv.ReadHeader();
                    csv.ValidateHeader<TRow>();
                    continue;
                }

                rows.Add((csv.Parser.Row, csv.GetRecord<TRow>()));
            }
        }
        catch (HeaderValidationException failure)
        {
            var missing = failure.InvalidHeaders.SelectMany(header => header.Names);
            throw new InvalidOperationException($"{path} lacks the columns: {string.Join(", ", missing)}.", failure);
        }
        catch (CsvHelperException failure)
        {
            throw new InvalidOperationException(
                $"{path}, line {csv.Parser.Row}: {failure.InnerException?.Message ?? failure.Message.Split('\n')[0]}",
                failure
            );
        }

        return rows;
    }

    private static TraceNode ToNode(string path, (int Line, NodeRow Row) read)
    {
        var (line, row) = read;
        if (row.Gpus is < 0 or > 10_000)
            throw Wrong(path, line, "gpu", "0 to 10,000 GPUs");
        return new TraceNode(row.Name, row.Gpus, row.Gpus == 0 ? "" : ModelOf(path, line, "model", row.Model));
    }

    private static TraceTask ToTask(string path, (int Line, PodRow Row) read)
    {
        var (line, row) = read;
        if (row.Gpus > 1_024)
            throw Wrong(path, line, "num_gpu", "at most 1,024 GPUs");
        if (row.GpuMilli is < 0 or > 1_000)
            throw Wrong(path, line, "gpu_milli", "0 to 1,000 thousandths of a GPU");
        if (row.Created < 0)
            throw Wrong(path, line, "creation_time", "seconds from the trace's start");
        if (row.Deleted < row.Created || row.Deleted - row.Created > MaxTaskSeconds)
            throw Wrong(path, line, "deletion_time", "at or after creation_time, at most 600 days");
        var models = row
            .Models.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(model => ModelOf(path, line, "gpu_spec", model))
            .Distinct()
            .ToList();
        return new TraceTask(row.Name, row.Gpus, row.GpuMilli, models, row.Created, row.Deleted);
    }

    private static string ModelOf(string path, int line, string column, string text)
    {
        var model = text.ToLowerInvariant();
        return Rules.IsSlug(model) ? model : throw Wrong(path, line, column, "a GPU model of letters, digits and hyphens");
    }

    private static InvalidOperationException Wrong(string path, int line, string column, string rule) =>
        new($"{path}, line {line}: {column} has to be {rule}.");

    private sealed record NodeRow
    {
        [Name("sn")]
        public string Name { get; init; } = "";

        [Name("gpu")]
        public int Gpus { get; init; }

        [Name("model")]
        public string Model { get; init; } = "";
    }

    private sealed record PodRow
    {
        [Name("name")]
        public string Name { get; init; } = "";

        [Name("num_gpu")]
        public int Gpus { get; init; }

        [Name("gpu_milli")]
        public int GpuMilli { get; init; }

        [Name("gpu_spec")]
        public string Models { get; init; } = "";

        [Name("creation_time")]
        public long Created { get; init; }

        [Name("deletion_time")]
        public long Deleted { get; init; }
    }
}
