using GpuGrants.Api.Pipeline.Commands;
using Npgsql;

namespace GpuGrants.Api.Mail;

/// <summary>Takes the mail that waits for a person out of the queue when the batch is written, what came meanwhile too.</summary>
public sealed class WaitingMail : PendingRows
{
    private const string Sql = "delete from mails where person_id = any ($1) and status = 'pending'";

    private readonly HashSet<Guid> _people = [];

    public override bool HasWants => false;

    /// <summary>Nothing that waits is sent to the person.</summary>
    public void Forget(Guid person) => _people.Add(person);

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public override NpgsqlBatchCommand Read() => throw new NotSupportedException("Nothing is read here.");

    /// <exception cref="NotSupportedException">Nothing is read.</exception>
    public override Task TakeAsync(NpgsqlDataReader reader) => throw new NotSupportedException("Nothing is read here.");

    public override void AddWrites(NpgsqlBatch batch)
    {
        if (_people.Count > 0)
            batch.BatchCommands.Add(
                new NpgsqlBatchCommand(Sql) { Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. _people] } } }
            );
    }
}
